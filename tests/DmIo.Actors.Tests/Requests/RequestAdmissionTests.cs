using DmIo.Actors.Requests;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Tests.Requests;

public sealed class RequestAdmissionTests
{
    private readonly RequestAdmission admission = new(pages: 4);

    [Fact]
    public void R19_requests_within_the_credit_are_admitted_and_others_wait_in_arrival_order()
    {
        var (first, second, third) = (Add(pages: 3), Add(pages: 2), Add(pages: 1));

        Assert.Equal([first], AdmitAll());
        admission.Return(first);
        Assert.Equal([second, third], AdmitAll());
    }

    [Fact]
    public void R19_a_small_request_does_not_pass_a_waiting_large_one()
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
    public void A_request_answered_while_it_waits_is_not_admitted()
    {
        var (first, second, third) = (Add(pages: 4), Add(pages: 4), Add(pages: 1));
        Assert.Equal([first], AdmitAll());
        admission.Remove(second);

        admission.Return(first);

        Assert.Equal([third], AdmitAll());
    }

    [Fact]
    public void Admission_is_empty_when_all_credit_was_returned()
    {
        var first = Add(pages: 4);
        AdmitAll();
        Assert.False(admission.IsEmpty);

        admission.Return(first);

        Assert.True(admission.IsEmpty);
    }

    [Fact]
    public void R23_requests_answered_while_they_wait_are_removed_at_any_position()
    {
        var waiting = Enumerable.Range(0, 4).Select(_ => Add(pages: 4)).ToArray();

        admission.Remove(waiting[1]);
        admission.Remove(waiting[3]);
        admission.Remove(waiting[0]);

        Assert.Equal(1, admission.Waiting);
        Assert.True(admission.TryRemove(out var first));
        Assert.Same(waiting[2], first);
        Assert.False(admission.TryRemove(out _));
        Assert.Equal(0, admission.Waiting);
    }

    [Fact]
    public void R19_requests_that_wait_for_a_slow_device_do_not_block_those_that_do_not_name_it()
    {
        admission.SlowDevices.Add("slow");
        var busy = Add(pages: 2);
        Assert.Equal([busy], AdmitAll());
        Add(4, new IoRegion("slow", 0, 32));
        Add(4, new IoRegion("other", 0, 32), new IoRegion("slow", 64, 32));

        var (one, two) = (Add(pages: 1), Add(pages: 1));

        Assert.Equal([one, two], AdmitAll());
        Assert.Equal(2, admission.Waiting);
    }

    [Fact]
    public void R19_requests_for_one_slow_device_keep_their_arrival_order()
    {
        admission.SlowDevices.Add("slow");
        var busy = Add(pages: 2);
        Assert.Equal([busy], AdmitAll());
        var large = Add(4, new IoRegion("slow", 0, 32));
        var small = Add(1, new IoRegion("slow", 64, 8));
        var mixed = Add(1, new IoRegion("other", 0, 8), new IoRegion("slow", 128, 8));

        Assert.Empty(AdmitAll());
        admission.Return(busy);
        Assert.Equal([large], AdmitAll());
        admission.Return(large);
        Assert.Equal([small, mixed], AdmitAll());
    }

    [Fact]
    public void R19_requests_for_one_slow_device_do_not_block_those_for_another_slow_device()
    {
        admission.SlowDevices.Add("slow");
        admission.SlowDevices.Add("stuck");
        var busy = Add(pages: 2);
        Assert.Equal([busy], AdmitAll());
        Add(4, new IoRegion("slow", 0, 32));
        var other = Add(1, new IoRegion("stuck", 0, 8));
        Add(1, new IoRegion("slow", 64, 8), new IoRegion("stuck", 64, 8));
        Add(1, new IoRegion("stuck", 128, 8));

        Assert.Equal([other], AdmitAll());
    }

    [Fact]
    public void R19_requests_for_a_slow_device_keep_their_place_when_the_device_recovers()
    {
        admission.SlowDevices.Add("slow");
        var busy = Add(pages: 2);
        Assert.Equal([busy], AdmitAll());
        var large = Add(4, new IoRegion("slow", 0, 32));
        var after = Add(pages: 2);
        var last = Add(pages: 1);
        Assert.Equal([after], AdmitAll());

        admission.SlowDevices.Clear();

        Assert.Empty(AdmitAll());
        admission.Return(busy);
        Assert.Empty(AdmitAll());
        admission.Return(after);
        Assert.Equal([large], AdmitAll());
        admission.Return(large);
        Assert.Equal([last], AdmitAll());
    }

    [Fact]
    public void R20_a_request_does_not_pass_one_that_it_overlaps_on_a_device_that_is_not_slow()
    {
        admission.SlowDevices.Add("slow");
        var busy = Add(pages: 2);
        Assert.Equal([busy], AdmitAll());
        var large = Add(4, new IoRegion("disk", 0, 32), new IoRegion("slow", 0, 32));
        var overlapping = Add(1, new IoRegion("disk", 31, 1));
        var overlappingThat = Add(1, new IoRegion("disk", 31, 8));
        var apart = Add(1, new IoRegion("disk", 40, 8));

        Assert.Equal([apart], AdmitAll());
        admission.Return(busy);
        admission.Return(apart);
        Assert.Equal([large], AdmitAll());
        admission.Return(large);
        Assert.Equal([overlapping, overlappingThat], AdmitAll());
    }

    [Fact]
    public void R20_a_read_passes_a_read_that_it_overlaps()
    {
        admission.SlowDevices.Add("slow");
        Add(pages: 2);
        AdmitAll();
        Add(IoOperation.Write, 4, new IoRegion("slow", 0, 32), new IoRegion("disk", 0, 32));
        Add(IoOperation.Read, 2, new IoRegion("disk", 24, 16));

        var read = Add(IoOperation.Read, 1, new IoRegion("disk", 32, 8));
        Add(IoOperation.Write, 1, new IoRegion("disk", 36, 4));

        Assert.Equal([read], AdmitAll());
    }

    [Fact]
    public void R23_quarantined_pages_give_no_credit_until_they_are_replaced_or_returned()
    {
        var late = Add(pages: 3);
        AdmitAll();
        admission.Quarantine(late);
        var (first, second) = (Add(pages: 2), Add(pages: 1));
        Assert.Equal((1, 3), (admission.Credit, admission.Wanted));

        admission.Lend(1);
        Assert.Equal([first], AdmitAll());
        admission.Lend(1);
        Assert.Equal([second], AdmitAll());
        Assert.Equal((3, 0), (admission.Credit, admission.Returnable));

        admission.Return(late);

        Assert.Equal((6, 2), (admission.Credit, admission.Returnable));
    }

    [Fact]
    public void R23_lent_pages_are_not_reused_after_the_device_released_the_pages_that_they_replaced()
    {
        var late = Add(pages: 2);
        AdmitAll();
        admission.Quarantine(late);
        admission.Lend(2);
        var (first, second) = (Add(pages: 2), Add(pages: 2));
        Assert.Equal([first, second], AdmitAll());

        admission.Return(late);

        Add(pages: 1);
        Assert.Empty(AdmitAll());
        Assert.Equal(2, admission.Returnable);
    }

    [Fact]
    public void R23_a_request_larger_than_a_lease_that_has_shrunk_runs_when_it_is_alone()
    {
        var late = Add(pages: 3);
        AdmitAll();
        admission.Quarantine(late);

        var large = Add(pages: 4);

        Assert.Equal([large], AdmitAll());
        Assert.Equal(1, large.Charge);
        Add(pages: 1);
        Assert.Empty(AdmitAll());
    }

    [Fact]
    public void R19_pages_borrowed_for_slow_devices_do_not_go_to_slow_devices()
    {
        admission.SlowDevices.Add("slow");
        var stuck = Add(4, new IoRegion("slow", 0, 32));
        Assert.Equal([stuck], AdmitAll());
        Add(1, new IoRegion("slow", 64, 8));
        admission.CountAtSlowDevices(4);
        Assert.Empty(AdmitAll());
        Assert.Equal(0, admission.Wanted);
        var other = Add(pages: 4);
        Assert.Empty(AdmitAll());
        Assert.Equal(4, admission.Wanted);

        admission.Lend(4);

        Assert.Equal([other], AdmitAll());
        Assert.Equal(0, admission.Returnable);
        admission.Return(stuck);
        admission.CountAtSlowDevices(0);
        Assert.Equal((0, 4), (admission.Wanted, admission.Returnable));
    }

    [Fact]
    public void R19_and_R23_hold_over_any_sequence_of_requests_deadlines_loans_and_slow_devices()
    {
        const int seed = 20261128;
        var random = new Random(seed);
        var waiting = new List<(RequestState Request, IoRegion[] Regions)>();
        var admitted = new List<RequestState>();
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1 when waiting.Count < 12:
                    IoRegion[] drawn =
                    [
                        .. Enumerable.Range(0, random.Next(1, 4)).Select(index => new IoRegion(
                            $"{random.Next(3)}", (index * 64) + random.Next(56), random.Next(1, 8))),
                    ];
                    waiting.Add((Add(random.Next(1, 7), drawn), drawn));
                    break;
                case 2 when admitted.Count > 0:
                    var over = admitted[random.Next(admitted.Count)];
                    admission.Return(over);
                    admitted.Remove(over);
                    break;
                case 3 when admitted.Find(request => !request.IsQuarantined) is { } late:
                    admission.Quarantine(late);
                    break;
                case 4:
                    var name = $"{random.Next(3)}";
                    if (!admission.SlowDevices.Remove(name))
                    {
                        admission.SlowDevices.Add(name);
                    }

                    break;
                default:
                    admission.GiveBack(admission.Returnable);
                    admission.Lend(random.Next(Math.Max(0, admission.Wanted - admission.Lent) + 1));
                    break;
            }

            while (admission.TryAdmit(out var request))
            {
                var index = waiting.FindIndex(one => one.Request == request);
                RequireMayPass([.. waiting.Take(index + 1).Select(one => one.Regions)], $"seed {seed}, step {step}");
                waiting.RemoveAt(index);
                admitted.Add(request);
            }

            admission.CheckInvariants();
            Assert.Equal(admitted.Sum(request => request.Charge), admission.InUse);
            Assert.Equal(
                admitted.Where(request => request.IsQuarantined).Sum(request => request.Charge),
                admission.Quarantined);
            Assert.True(
                waiting.Count == 0 || admission.InUse > admission.Quarantined || admission.Credit == 0,
                $"seed {seed}, step {step}: nothing runs");
        }
    }

    /// <summary>The last waiting request, in order of arrival, may pass the others.</summary>
    private void RequireMayPass(IoRegion[][] waiting, string where)
    {
        for (var earlier = 0; earlier < waiting.Length - 1; earlier++)
        {
            var regions = waiting[earlier];
            Assert.False(MayNotPass(waiting[^1], regions), $"{where}: order");
            Assert.True(
                regions.Any(region => admission.SlowDevices.Contains(region.Device))
                    || waiting.Take(earlier).Any(one => MayNotPass(regions, one)),
                $"{where}: it passed one that waits for no slow device");
        }
    }

    /// <summary>The regions overlap, or both name a slow device.</summary>
    private bool MayNotPass(IoRegion[] later, IoRegion[] earlier) => later.Any(one => earlier.Any(
        other => one.Overlaps(other) || (one.Device == other.Device && admission.SlowDevices.Contains(one.Device))));

    private RequestState Add(int pages) => Add(pages, new IoRegion("disk", 0, pages * 8));

    private RequestState Add(int pages, params IoRegion[] regions) => Add(IoOperation.Write, pages, regions);

    private RequestState Add(IoOperation operation, int pages, params IoRegion[] regions)
    {
        var request = new IoRequest { Operation = operation, Regions = [], Memory = new byte[pages * 4096] };
        var state = TestRequests.State(request, regions);
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
