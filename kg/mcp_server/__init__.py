"""The door for assistants: stored queries as typed tools of the Model Context Protocol, their rows with citations."""
