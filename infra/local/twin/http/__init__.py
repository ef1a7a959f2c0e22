"""The twin over HTTP: sockets, threads and the one lock around the core."""
