using DmIo.Memory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>
/// The pool compared with a counting model over random sequences of lease, loan, quarantine, drain, return and misuse,
/// on a system that sometimes has no memory. Every leased page contains its lease's number, so that a page granted
/// twice is detected.
/// </summary>
public sealed class PagePoolModelTests
{
    private const int MaxPages = 23;
    private const int SlabPages = 5;

    [Fact]
    public void R18_any_sequence_of_leases_loans_quarantines_drains_returns_and_misuse_keeps_the_balance()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<(byte Kind, byte Number)[]>(), steps =>
        {
            using var subject = new Subject();
            foreach (var (kind, number) in steps)
            {
                subject.Step(kind % 11, number);
                subject.Check();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(300));
    }

    private sealed class Subject : IDisposable
    {
        private readonly PagePool pool;
        private readonly PagePool otherPool = new(1, 1);
        private readonly PageLease foreign;
        private readonly List<PageLease> leased = [];
        private readonly List<PageLease> draining = [];
        private readonly List<PageLease> returned = [];
        private readonly Dictionary<PageLease, int> lent = [];
        private readonly Dictionary<PageLease, int> quarantined = [];
        private bool systemHasMemory = true;
        private int total;

        public Subject()
        {
            pool = new PagePool(MaxPages, SlabPages, size => systemHasMemory ? PageSlab.TryAllocate(size) : null);
            Assert.True(otherPool.TryLease(1, out var lease));
            foreign = lease;
        }

        private int Held => leased.Sum(Of) + draining.Sum(Of);

        public void Step(int kind, int number)
        {
            switch (kind)
            {
                case 0 or 1 or 2:
                    Lease(1 + (number % 12));
                    break;
                case 3:
                    systemHasMemory = number % 4 != 0;
                    break;
                case 4 when Take(leased, number) is { } lease:
                    pool.BeginDrain(lease);
                    draining.Add(lease);
                    quarantined.Remove(lease);
                    break;
                case 5 when Take(leased, number) is { } lease:
                    pool.Return(lease);
                    returned.Add(lease);
                    break;
                case 6 when Take(draining, number) is { } lease:
                    pool.Return(lease);
                    returned.Add(lease);
                    break;
                case 7:
                    Misuse(number);
                    break;
                case 8 when leased.Concat(draining).ElementAtOrDefault(number % 8) is { } lease:
                    Lend(lease, number % 9);
                    break;
                case 9 when leased.ElementAtOrDefault(number % 8) is { } lease:
                    var back = Math.Min(
                        lent.GetValueOrDefault(lease), Of(lease) - quarantined.GetValueOrDefault(lease));
                    pool.TakeBack(lease, back);
                    lent[lease] = lent.GetValueOrDefault(lease) - back;
                    break;
                case 10 when leased.ElementAtOrDefault(number % 8) is { } lease:
                    quarantined[lease] = number % (Of(lease) + 1);
                    pool.Quarantine(lease, quarantined[lease]);
                    break;
            }
        }

        public void Check()
        {
            Assert.Equal(total, pool.TotalPages);
            var inQuarantine = leased.Sum(lease => quarantined.GetValueOrDefault(lease));
            Assert.Equal(inQuarantine, pool.QuarantinedPages);
            Assert.Equal(leased.Sum(Of) - inQuarantine, pool.LeasedPages);
            Assert.Equal(draining.Sum(Of), pool.DrainingPages);
            Assert.Equal(total - Held, pool.FreePages);
            Assert.Equal(MaxPages - Held, pool.AvailablePages);
            foreach (var lease in leased.Concat(draining))
            {
                Assert.All(lease.Pages, page => Assert.Equal((byte)lease.Id.Value, page.Memory.Span[^1]));
            }
        }

        public void Dispose()
        {
            leased.Concat(draining).ToList().ForEach(pool.Return);
            pool.Dispose();
            otherPool.Return(foreign);
            otherPool.Dispose();
        }

        private static PageLease? Take(List<PageLease> leases, int number)
        {
            if (leases.Count == 0)
            {
                return null;
            }

            var lease = leases[number % leases.Count];
            leases.Remove(lease);
            return lease;
        }

        private int Of(PageLease lease) => lease.Count + lent.GetValueOrDefault(lease);

        private void Grow(int missing) =>
            total = Math.Min(MaxPages, total + (Math.Max(0, missing + SlabPages - 1) / SlabPages * SlabPages));

        private void Lend(PageLease lease, int pages)
        {
            var expected = Math.Min(pages, MaxPages - Held);
            var missing = expected - (total - Held);
            if (missing > 0 && !systemHasMemory)
            {
                expected = total - Held;
            }

            Assert.Equal(expected, pool.Lend(lease, pages));
            Grow(systemHasMemory ? missing : 0);
            lent[lease] = lent.GetValueOrDefault(lease) + expected;
        }

        private void Lease(int pages)
        {
            var missing = pages - (total - Held);
            var expected = pages <= MaxPages - Held && (missing <= 0 || systemHasMemory);
            Assert.Equal(expected, pool.TryLease(pages, out var lease));
            if (lease is not null)
            {
                Grow(missing);
                Assert.All(lease.Pages, page => Assert.Equal(-1, page.Memory.Span.IndexOfAnyExcept((byte)0)));
                lease.Pages.ToList().ForEach(page => page.Memory.Span.Fill((byte)lease.Id.Value));
                leased.Add(lease);
            }
        }

        private void Misuse(int number)
        {
            Assert.Throws<InvariantViolationException>(() => pool.Return(foreign));
            Assert.Throws<InvariantViolationException>(() => pool.BeginDrain(foreign));
            if (returned.Count > 0)
            {
                var lease = returned[number % returned.Count];
                Assert.Throws<InvariantViolationException>(() => pool.Return(lease));
                Assert.Throws<InvariantViolationException>(() => pool.BeginDrain(lease));
            }

            if (draining.Count > 0)
            {
                Assert.Throws<InvariantViolationException>(() => pool.BeginDrain(draining[number % draining.Count]));
            }
        }
    }
}
