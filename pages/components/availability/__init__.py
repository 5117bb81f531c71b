"""The page of availability: towers that stand still for want of a part, and what to buy first."""
