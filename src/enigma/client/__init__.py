"""One owner, analyst or deployer: what runs on their machine."""
