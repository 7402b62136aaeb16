"""Cases: how urgent they are, and the queue of them."""
