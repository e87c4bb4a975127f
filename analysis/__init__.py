"""Reading run folders: frames, figures, reports.

Works on what runs leave (`simulator.traces`) and on nothing else of the simulator::

    from pathlib import Path
    from analysis.compare import compare
    from analysis.figures import learning
    from analysis.groups import group
    from analysis.load import load
    from analysis.metrics import curve, latency
    from analysis.report import write
    from analysis.totals import totals

    found = load(Path('runs/quickstart'))  # found.runs, found.skipped
    curve(found.runs[0])  # a frame: seconds, rounds, bytes, test_accuracy, ...
    latency(found.runs)['total'].quantile(0.99)
    learning(plt.gca(), group(found.runs), x='bytes')
    totals(found.runs)  # a row a run, from small files alone
    compare([Path('runs/quickstart'), Path('runs/other')]).table()
    write([Path('runs/quickstart')], Path('report.html'))

`load` finds run folders, `groups` puts repetitions together, `metrics` computes, `statistics`
says how sure, `compare` puts any runs side by side, `figures` draws one figure a function, `report`
writes the page; `analysis.report.contents` lists what it is made of.
"""
