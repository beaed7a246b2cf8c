"""The first page of everybody: what waits for this person, and the way to it. It only reads; every line leads somewhere."""
