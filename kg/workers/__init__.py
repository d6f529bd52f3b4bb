"""Worker processes: they open a graph and run functions on it, and are killed when they exceed a limit.

    launch.py      a Python process that imports nothing from the current folder
    worker.py      the program of a worker process, and the messages that it exchanges with its client
    template.py    the template of a pool's workers, which are forks of it
    job_limits.py  when a job must have ended, and how much memory it may take
    sandbox.py     what a worker may no longer do once its graph is open
    client.py      a synchronous client: one call with a time limit
    pool.py        an asyncio client: several workers, with replacement, priorities and retries

Oxigraph cannot be stopped and reports no progress, so whatever must end in time runs in a worker.
This package does not know what a graph is: what is opened, and what is run on it, are functions that the client names.
"""
