"""What a request and a response are as HTTP, apart from what is asked.

negotiation.py   media types, and which of them a client prefers
access_rules.py  hosts that requests may name, and pages that may read
access_log.py    a line for each request, and all that a process reports
"""
