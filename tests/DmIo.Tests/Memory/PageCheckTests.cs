using DmIo.Memory;
using Xunit;

namespace DmIo.Tests.Memory;

/// <summary>A pool that detects accesses to pages by others than their owners.</summary>
public sealed class PageCheckTests : IDisposable
{
    private readonly PagePool pool = new(maxPages: 4, slabPages: 2, isChecked: true);

    public void Dispose() => pool.Dispose();

    [Fact]
    public void Correctly_used_pages_are_zeroed_and_aligned()
    {
        for (var round = 0; round < 3; round++)
        {
            var lease = Lease(4);
            foreach (var page in lease.Pages)
            {
                using var pin = page.Memory.Pin();
                unsafe
                {
                    Assert.Equal(0, (nint)pin.Pointer % Page.SizeBytes);
                }

                Assert.False(page.Memory.Span.ContainsAnyExcept((byte)0));
                page.Memory.Span.Fill(7);
            }

            pool.Return(lease);
        }
    }

    [Fact]
    public void A_write_to_a_returned_page_is_detected_before_the_next_lease()
    {
        var lease = Lease(4);
        pool.Return(lease);

        lease.Pages[2].Memory.Span[17] = 1;

        var fault = Assert.Throws<InvariantViolationException>(() => Lease(4));
        Assert.Contains("after it was put back", fault.Message, StringComparison.Ordinal);
        Assert.Contains("17", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_past_the_end_of_a_page_is_detected_when_it_is_returned()
    {
        var lease = Lease(2);
        using var pin = lease.Pages[1].Memory.Pin();
        unsafe
        {
            ((byte*)pin.Pointer)[Page.SizeBytes] = 0;
        }

        var fault = Assert.Throws<InvariantViolationException>(() => pool.Return(lease));

        Assert.Contains($"the end of page 1 of {lease.Id}", fault.Message, StringComparison.Ordinal);
    }

    private PageLease Lease(int pages)
    {
        Assert.True(pool.TryLease(pages, out var lease));
        return lease;
    }
}
