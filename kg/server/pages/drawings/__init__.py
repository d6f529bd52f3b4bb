"""What pages draw as SVG, in the colours of the page.

pictures  bars, an entity's neighbourhood, triples as a network
charts    events on a scale of time, and people who made films together
"""
