"""What planners write beside the list of actions: marks, and which rows they are on."""
