"""TFLite's interpreter, whichever package brings it: how it is made, and what its plan holds."""
