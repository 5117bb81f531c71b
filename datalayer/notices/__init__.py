"""What is told to others when another publication is served: for feed readers and a webhook."""
