"""What do we earn on average, and where do I stand? Nobody shows a salary to anybody.

Known to everyone: who the members are, who has handed in a salary, and the average.
Known to each member alone: its own rank.
Known to nobody: any salary, and anybody else's rank.
"""


class AverageSalary(Contract):
    """Members hand in salaries; once enough are there, the average opens to everyone and each rank to its member."""

    members: public[set[address]]
    fewest: public[int(3, 1000)] = 3
    salaries: map[address, private[int(0, 10_000_000)]]
    opened: public[bool] = False

    @public
    def __init__(self, team: set[address], fewest: int(3, 1000) = 3):
        require(len(team) >= fewest, "fewer members than salaries are asked for")
        self.members = team
        self.fewest = fewest

    @private
    def submit(self, salary: private[int(0, 10_000_000)]):
        """Hand in a salary, or another one instead, as long as nothing has been opened."""
        require(sender in self.members, "only members take part")
        require(not self.opened, "the average is known already: another salary would show in the next one")
        self.salaries[sender] = salary

    @private
    def average(self):
        """Everyone learns the average. From now on salaries are final."""
        require(len(self.salaries) >= self.fewest, "too few salaries")
        self.opened = True
        return reveal(mean(self.all_salaries()), to=everyone)

    @private
    def rank(self):
        """The member who calls learns its rank: 1 and how many earn strictly more, so that equal salaries share one."""
        require(self.opened, "ranks are told when the average is known")
        require(sender in self.salaries, "you have handed in no salary")
        return reveal(1 + sum(self.all_salaries() > self.salaries[sender]))

    def all_salaries(self):
        return stack(self.salaries.values())
