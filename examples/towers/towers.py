"""Where should towers stand, and which phones are out there? Over every telco's customers, and nobody's secrets.

Known to everyone: the members, how many rows each has contributed, how often each has asked, and whether a clustering
was held back since a cluster was too small.
Known to the members: the places of towers and how many customers each would serve.
Known to the one who asks: how many customers carry which phone, where that is many enough to hide each of them.
Known to nobody: a customer, and which customers belong to whom.
"""

from enigma.std import classify, kmeans, naive_bayes, suppress

Customer = table(latitude=fixed(-90, 90), longitude=fixed(-180, 180))
Labelled = table(latitude=fixed(-90, 90), longitude=fixed(-180, 180), phone=category("android", "ios"))

PHONES = 2


class Towers(Contract):
    """Members pool customers, and rows with a known phone to learn from; both stay theirs, and may be withdrawn."""

    members: public[set[address]]
    smallest: public[int] = 10
    budget: public[int] = 20
    asked: public[map[address, int]]
    customers: private[Customer]
    training: private[Labelled]

    @public
    def __init__(self, smallest: int(2, 1_000_000) = 10, budget: int(1, 1000) = 20):
        self.smallest = smallest
        self.budget = budget

    @public
    def admit(self, member: address):
        require(sender == deployer, "only the deployer admits members")
        self.members.add(member)
        if member not in self.asked:
            self.asked[member] = 0

    @private
    def contribute(self, rows: private[Customer]):
        """Pool customers: to be counted and clustered, never shown."""
        self.want_member()
        self.customers.append(rows)

    @private
    def teach(self, rows: private[Labelled]):
        """Pool rows with a known phone, from which a model for all members is learned."""
        self.want_member()
        self.training.append(rows)

    @private
    def withdraw(self):
        """Take out all rows of the one who calls. No later answer is computed from them."""
        return self.customers.withdraw() + self.training.withdraw()

    @private
    def cluster(self, k: int(2, 100), rounds: int(1, 100) = 10):
        """k places for towers and how many customers are nearest to each, to all members (k-means)."""
        self.want_member()
        self.spend()
        centroids, sizes = kmeans(self.customers, k, rounds)
        require(reveal(all(sizes >= self.smallest), to=everyone), "a cluster is too small to publish")
        return reveal((centroids, sizes), to=self.members)

    @private
    def count_phones(self):
        """How many customers carry which phone, by a model that learns from the rows of all who taught it."""
        self.want_member()
        self.spend()
        require(len(self.training) >= self.smallest, "too few rows to learn from")
        return self.counted(self.training)

    @private
    def count_phones_by(self, rows: private[Labelled]):
        """The same by a model of the caller's own rows, which nobody else sees or learns from."""
        self.want_member()
        self.spend()
        return self.counted(rows)

    def counted(self, rows):
        """Customers of each phone, and which of these numbers are shown: what is not is 0."""
        model = naive_bayes(rows, rows.phone, PHONES)
        marks, counts = classify(model, self.customers)
        shown, large, opened = suppress(counts, self.smallest)
        return reveal((shown, opened))

    def want_member(self):
        require(sender in self.members, "not a member")

    def spend(self):
        """Answers on the same rows can be compared: each member has so many, and no more."""
        require(self.asked[sender] < self.budget, "your questions are spent")
        self.asked[sender] += 1
