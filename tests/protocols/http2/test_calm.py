"""Tokens that are spent, and come back."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http2.calm import Bucket


class Spending(SynchronousTestCase):
    def spent(self, bucket, now):
        """How many tokens there are."""
        count = 0
        while bucket.spend(now):
            count += 1
        return count

    def test_a_burst(self):
        """So many at once and no more."""
        self.assertEqual(self.spent(Bucket(5, 1), 0.0), 5)

    def test_they_come_back(self):
        """With time, and never more than there were at first."""
        bucket = Bucket(5, 2)
        self.spent(bucket, 100.0)
        self.assertEqual(self.spent(bucket, 103.0), 5)
        self.assertEqual(self.spent(bucket, 1000.0), 5)

    def test_they_are_earned(self):
        """Before their time, and never more than there were at first."""
        bucket = Bucket(3, 0)
        self.spent(bucket, 0.0)
        bucket.earn(3)
        self.assertEqual(self.spent(bucket, 0.0), 2)
        bucket.earn(100)
        self.assertEqual(self.spent(bucket, 0.0), 3)
