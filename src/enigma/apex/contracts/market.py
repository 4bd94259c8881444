"""Where should towers stand, and how many customers are in which country? Over all carriers' customers, and no carrier
shows one.

Known to everyone: the carriers, how many rows each has contributed; where towers stand and how many customers each
serves, how many customers are in each country, as classified, and of both only what is of groups that are large enough.
Known to nobody: a customer, its country, its tower, and what was learned of the countries.
"""

from enigma.std import assigned, classify, common_frame, large_enough, lloyd, moved_in, moved_out
from enigma.std import naive_bayes, open_sizes, reach, suppress, withhold

COUNTRIES = 25
# The least standard deviation of a country, in halves of a column's range: no country's places lie so close together.
NARROWEST = 2**-10

Customer = table(latitude=fixed(34, 72, 24), longitude=fixed(-25, 45, 24), country=category(25))


class Market(Contract):
    """Carriers contribute customers, each once; one question places towers and counts the market."""

    carriers: public[set[address]]
    smallest: public[int] = 10
    customers: private[Customer]

    @public
    def __init__(self, carriers: set[address], smallest: int(2, 1_000_000) = 10):
        self.carriers = carriers
        self.smallest = smallest

    @private
    def contribute(self, rows: private[Customer]):
        """Pool customers: to be counted and clustered, never shown."""
        require(sender in self.carriers, "not a carrier")
        self.customers.append(rows)

    @private
    def analyse(self, latitudes: list[fixed], longitudes: list[fixed], rounds: int(1, 100) = 10):
        """Towers from these public starts (k-means), and customers by country (Gaussian naive Bayes), to everyone.

        Of towers: places, customers of each, which places are shown, which numbers are. Of countries: customers, which
        are large enough, which numbers are shown. What is not shown is 0.
        """
        middles, units = common_frame(self.places())
        coordinates = moved_in(self.places(), middles, units)
        reaches = [reach(x) for x in coordinates]
        points = stack(coordinates)
        starts = [
            [(latitude - middles[0]) / units[0], (longitude - middles[1]) / units[1]]
            for latitude, longitude in zip(latitudes, longitudes)
        ]
        centroids, averaged = lloyd(points, as_fixed(starts, 24), rounds, reaches)
        served = assigned(points, centroids, reaches)
        # The rows that a centroid is the mean of, and those that it serves, differ where the rounds were too few.
        large = large_enough(averaged, self.smallest) & large_enough(served, self.smallest)
        told = open_sizes(served, large, self.smallest)
        places, sizes = withhold(moved_out(centroids, middles, units), large), withhold(served, told)
        marks, counts = self.classes()
        shown, enough, opened = suppress(counts, self.smallest)
        return reveal((places, sizes, large, told, shown, enough, opened), to=everyone)

    @private
    def agreement(self, others: private[int(0, 24)[:]]):
        """Of how many customers another classifier says the same country, in the order in which they were contributed."""
        marks, counts = self.classes()
        require(others.size == len(self.customers), "one class for each customer")
        theirs = reshape(others, (1, others.size)) == reshape(arange(COUNTRIES), (COUNTRIES, 1))
        return reveal(sum(as_int(marks & theirs)), to=everyone)

    def classes(self):
        """Which country each customer is in, by a model of all of them; and how many are in each."""
        model = naive_bayes(self.places(), self.customers.country, COUNTRIES, NARROWEST)
        return classify(model, self.places())

    def places(self):
        return [self.customers.latitude, self.customers.longitude]
