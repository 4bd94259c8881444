"""Alice lets Bob use her height, and does not show it to him. (White paper, section 6.1: shared identities.)

A height is stored under a shared identity. Its members with the right to compute may use it, unseen, in a mean.

Known to everyone: who has stored a height under which identity, and who asked for the mean of whom.
Known to the one who asks: the mean of at least three people, none of them the asker.
Known to Alice alone: her height, if she declassifies it.
"""

FEWEST = 3


class SharedHeight(Contract):
    """Heights in centimetres. Each goes into one mean: two means that differ in one person would show that person."""

    @private
    def store(self, height: private[fixed(40, 280)], identity: address):
        """Store your height, or store it again, for one mean by a member of the identity who may compute."""
        MPC.set((this, "height", sender), height, members(identity) & at_most(1), identity=identity)

    @private
    def average(self, people: list[address]):
        """The mean height of people who all let the caller compute."""
        require(len(set(people)) == len(people), "each person counts once")
        require(sender not in people, "your own height would help you to find the others")
        require(len(people) >= FEWEST, "a mean of so few would show them")
        return reveal(mean(stack([MPC[this, "height", person] for person in people])))

    @private
    def mine(self):
        """Your own height, to you: who stored a value may declassify it, and nobody else."""
        return MPC.declassify((this, "height", sender))
