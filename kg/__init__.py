"""A film knowledge graph whose every answer can be traced to the passage it rests on."""

__version__ = "0.1.0"
