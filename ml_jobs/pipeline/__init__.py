"""A run from input files to gold files: learn, forecast, weigh, judge, put together."""
