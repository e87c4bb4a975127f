"""Runs on a Dask cluster that is there already: code and files go out, run folders come back.

`distribute` packs the project's own source, plug-ins and the files that scenarios name (`kit`,
`parcel`), hands each run to a worker (`errand`, the only code that Dask itself carries, so that
workers need the libraries but not this project), where it is done in a process of its own
(`do`), and unpacks what comes back into the run's folder.
"""

from simulator.sweep.remote.distribute import distribute

__all__ = ['distribute']
