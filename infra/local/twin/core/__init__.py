"""The twin's pure core: no sockets, no threads, no files, and no clock but the one it is given."""
