"""The proof: what the deployment promises, looked for on the spot, with a finding for each breach.

Three parts, each of which can be read by itself. ``evidence`` is what was said: what is installed,
loaded, written in files, answered by the running portal. ``policies`` are what to trust: small
objects that take one kind of evidence and name what is wrong with it; they combine. ``verifier``
holds evidence against policies. ``python -m datalayer.compliance`` does it all and writes it down.
"""
