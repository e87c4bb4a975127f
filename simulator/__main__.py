"""`python -m simulator` is the same as `bosphorus`."""

from simulator.cli import main

if __name__ == '__main__':
    main(prog_name='bosphorus')
