"""A second demonstration: made-up spares of telecom towers in Brazil; nothing in it is real.

    python -m ml_jobs.data.torres FOLDER

writes its files: ``demand.csv``, ``items.csv``, ``stock.csv``, ``locations.csv`` and
``orders.csv``, as a Brazilian program exports them (semicolons, decimal commas, the day first).
Everything follows from the seed: the same code writes the same bytes. `catalogue`, `depots`,
`usage`, `replenishment` and `troubles` are the model, in the order in which it draws.
"""
