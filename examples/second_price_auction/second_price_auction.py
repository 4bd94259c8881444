"""Sealed bids, and the best one wins at the price of the second. (Vickrey 1961: it then pays to bid what it is worth.)

Known to everyone: the seller, the deadline, who bids and in which order; then the winner and the price, or that the
best bid was below the seller's reserve.
Known to nobody: any other bid, the winner's among them; the reserve, unless it is the price.
"""


class SecondPriceAuction(Contract):
    """One thing for sale. The price is the second highest bid, or the reserve where that is more."""

    seller: public[address]
    deadline: public[int]
    reserve: private[int(0, 1_000_000_000)]
    bids: map[address, private[int(0, 1_000_000_000)]]
    opened: public[bool] = False
    settled: public[bool] = False

    @public
    def __init__(self, deadline: int):
        require(deadline > now, "the deadline is over")
        self.seller = sender
        self.deadline = deadline

    @private
    def offer(self, reserve: private[int(0, 1_000_000_000)]):
        """The seller says the least price, in secret, and bidding begins."""
        require(sender == self.seller, "only the seller offers")
        require(not self.opened, "offered already")
        self.reserve = reserve
        self.opened = True

    @private
    def bid(self, amount: private[int(0, 1_000_000_000)]):
        """One bid, which stands: of equal bids the earliest wins, so that none may move."""
        require(self.opened, "the seller has not offered yet")
        require(now < self.deadline, "bidding is over")
        require(sender != self.seller, "the seller does not bid")
        require(sender not in self.bids, "a bid stands")
        self.bids[sender] = amount

    @private
    def settle(self):
        """After the deadline, once: the winner and the price, to everyone; none where the reserve was not met."""
        require(now >= self.deadline, "bidding goes on")
        require(not self.settled, "settled already")
        require(len(self.bids) > 0, "nobody has bid")
        self.settled = True
        bidders = list(self.bids)
        bids = stack(self.bids.values())
        best = argmax(bids)
        others = where(arange(len(bidders)) == best, 0, bids)
        price = max(max(others), self.reserve)
        if not reveal(max(bids) >= self.reserve, to=everyone):
            emit("Unsold")
            return None
        place, price = reveal((best, price), to=everyone)
        emit("Sold", winner=bidders[place], price=price)
        return bidders[place], price
