"""Which of two millionaires is richer? (Yao 1982, "Protocols for secure computations".)

Known to everyone: who the two are, and which of them is richer, or that both own the same.
Known to nobody: what either owns, and how far apart they are.
"""


class Millionaires(Contract):
    """Both declare once what they own, in whole units of money; then anyone may ask who is richer."""

    first: public[address]
    second: public[address]
    wealth: map[address, private[int(0, 10**15)]]

    @public
    def __init__(self, first: address, second: address):
        require(first != second, "it takes two")
        self.first = first
        self.second = second

    @private
    def declare(self, amount: private[int(0, 10**15)]):
        """Say what you own. It stands: whoever could say another amount would find the other's by halving."""
        require(sender == self.first or sender == self.second, "only the two take part")
        require(sender not in self.wealth, "declared already")
        self.wealth[sender] = amount

    @private
    def richer(self):
        """The address of the richer one; none if both own exactly the same."""
        require(len(self.wealth) == 2, "both must declare first")
        order = reveal(sign(self.wealth[self.first] - self.wealth[self.second]), to=everyone)
        if order == 0:
            return None
        return self.first if order > 0 else self.second
