"""The libraries that are measured beside this project, a module each; every one does the same job.

`python -m bench.peers NAME JOB` runs in the environment of that library, which knows no more of this project than
`bench.peers` and `schemas`. A module has `prepare(job)`: it imports and builds, and gives what the clock is for, a
function from a file of reports to the number of them that were answered well.
"""
