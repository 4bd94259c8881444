"""The port for people: what owners, analysts and deployers say to one node, over HTTPS."""
