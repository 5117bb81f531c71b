"""The command line: options, job files, tables and plots in the terminal."""
