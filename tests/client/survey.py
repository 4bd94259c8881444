"""A contract for the client's tests: people's ages and pay, and what may become known of them."""

TEXT = '''"""Ages of people, by the firm that has them."""

Person = table(age=int(0, 150), pay=fixed(0, 1000))


class Survey(Contract):
    closed: public[bool] = False
    asked: public[map[address, int]]
    people: private[Person]

    @public
    def close(self):
        require(sender == deployer, "only the deployer closes it")
        self.closed = True
        emit("Closed", by=sender)

    @private
    def contribute(self, rows: private[Person]):
        require(not self.closed, "it is closed")
        self.people.append(rows)

    @private
    def mean_age(self):
        require(len(self.people) >= 2, "too few people")
        emit("Told", count=len(self.people))
        return reveal(mean(self.people.age), to=everyone)

    @private
    def oldest(self):
        return reveal(max(self.people.age))
'''
