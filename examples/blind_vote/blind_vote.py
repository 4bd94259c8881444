"""A vote of which only the verdict becomes known: not the votes, and not even how many were for it.

Known to everyone: the question, the rule, who may vote, who has voted and when; after the deadline, passed or not.
Known to nobody: any vote, whether somebody changed it, and the count.
"""


class BlindVote(Contract):
    """Registered voters say yes or no until a deadline. It passes where two thirds of the votes cast are yes."""

    question: public[text]
    voters: public[set[address]]
    deadline: public[int]
    fewest: public[int(3, 1_000_000)]
    votes: map[address, private[bool]]
    decided: public[bool] = False
    passed: public[bool] = False

    @public
    def __init__(self, question: text, voters: set[address], deadline: int, fewest: int(3, 1_000_000) = 3):
        require(deadline > now, "the deadline is over")
        require(len(voters) >= fewest, "fewer voters than votes are asked for")
        self.question = question
        self.voters = voters
        self.deadline = deadline
        self.fewest = fewest

    @private
    def vote(self, yes: private[bool]):
        """Vote, or vote again: the last one counts. Up to the deadline, and not at it."""
        require(sender in self.voters, "not registered to vote")
        require(now < self.deadline, "the vote is over")
        self.votes[sender] = yes

    @private
    def close(self):
        """After the deadline: everyone learns whether it has passed, once. Nobody learns by how much."""
        require(now >= self.deadline, "votes may still change")
        require(not self.decided, "the verdict is known")
        require(len(self.votes) >= self.fewest, "too few votes to hide each of them")
        yes = sum(self.votes.values())
        self.passed = reveal(3 * yes >= 2 * len(self.votes), to=everyone)
        self.decided = True
        emit("Verdict", question=self.question, passed=self.passed)
        return self.passed
