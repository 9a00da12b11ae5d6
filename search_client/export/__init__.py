"""Export: a trained network as the file that a device runs, from the graph builders whose graphs are measured."""
