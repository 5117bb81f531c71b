"""The servers that the serving benchmark compares Farol with."""
