"""The list of actions on the screen: cards, what they say, filters, ticks and marks."""
