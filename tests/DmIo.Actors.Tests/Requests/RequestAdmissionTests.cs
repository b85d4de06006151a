using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestAdmissionTests
{
    private readonly RequestAdmission admission = new(pages: 4);

    [Fact]
    public void R19_what_fits_is_admitted_and_the_rest_waits_in_arrival_order()
    {
        var (first, second, third) = (Add(pages: 3), Add(pages: 2), Add(pages: 1));

        Assert.Equal([first], AdmitAll());
        admission.Return(first);
        Assert.Equal([second, third], AdmitAll());
    }

    [Fact]
    public void R19_a_small_request_does_not_overtake_a_large_one_that_waits()
    {
        var first = Add(pages: 2);
        Add(pages: 4);
        Add(pages: 1);

        Assert.Equal([first], AdmitAll());
    }

    [Fact]
    public void R19_a_request_larger_than_the_lease_runs_when_it_is_alone()
    {
        var (small, large, after) = (Add(pages: 1), Add(pages: 9), Add(pages: 1));

        Assert.Equal([small], AdmitAll());
        admission.Return(small);
        Assert.Equal([large], AdmitAll());
        admission.Return(large);
        Assert.Equal([after], AdmitAll());
    }

    [Fact]
    public void R19_pages_in_use_never_exceed_the_lease()
    {
        const int seed = 20260719;
        var random = new Random(seed);
        var admitted = new List<RequestState>();
        for (var step = 0; step < 2000; step++)
        {
            if (random.Next(2) == 0)
            {
                Add(random.Next(1, 7));
            }
            else if (admitted.Count > 0)
            {
                var index = random.Next(admitted.Count);
                admission.Return(admitted[index]);
                admitted.RemoveAt(index);
            }

            admitted.AddRange(AdmitAll());
            var inUse = admitted.Sum(request => Math.Min(4, request.Pages));
            Assert.True(inUse == admission.InUse, $"seed {seed}, step {step}");
            Assert.True(admission.InUse is >= 0 and <= 4, $"seed {seed}, step {step}");
        }
    }

    [Fact]
    public void What_was_answered_while_it_waited_is_not_admitted()
    {
        var (first, second, third) = (Add(pages: 4), Add(pages: 4), Add(pages: 1));
        Assert.Equal([first], AdmitAll());
        second.Cut(IoStatus.Failed(IoStatusCode.TimedOut, "late"));
        second.Conclude();

        admission.Return(first);

        Assert.Equal([third], AdmitAll());
    }

    [Fact]
    public void It_is_empty_when_everything_was_returned()
    {
        var first = Add(pages: 4);
        AdmitAll();
        Assert.False(admission.IsEmpty);

        admission.Return(first);

        Assert.True(admission.IsEmpty);
    }

    [Fact]
    public void R23_what_was_answered_while_it_waited_does_not_pile_up()
    {
        Add(pages: 4);
        AdmitAll();
        var patient = Add(pages: 4);
        for (var count = 0; count < 1000; count++)
        {
            var late = Add(pages: 1);
            late.Cut(IoStatus.Failed(IoStatusCode.TimedOut, "late"));
            late.Conclude();
            admission.DropAnswered();
        }

        Assert.Equal(1, admission.Waiting);
        Assert.True(admission.TryRemove(out var first));
        Assert.Same(patient, first);
        Assert.False(admission.TryRemove(out _));
        Assert.Equal(0, admission.Waiting);
    }

    private RequestState Add(int pages)
    {
        var memory = new byte[pages * 4096];
        var request = new IoRequest { Operation = IoOperation.Write, Regions = [], Memory = memory };
        var state = TestRequests.State(request, new IoRegion("disk", 0, pages * 8));
        admission.Add(state);
        return state;
    }

    private List<RequestState> AdmitAll()
    {
        var admitted = new List<RequestState>();
        while (admission.TryAdmit(out var request))
        {
            admitted.Add(request);
        }

        return admitted;
    }
}
