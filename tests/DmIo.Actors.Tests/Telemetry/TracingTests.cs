using System.Collections.Concurrent;
using System.Diagnostics;
using DmIo.Actors.Telemetry;
using DmIo.Actors.Tests.Client;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Telemetry;

/// <summary>The spans of a listener. It gets those of all services in the process, so each test uses its own
/// trace.</summary>
public sealed class TracingTests : ServiceTests
{
    private readonly ConcurrentQueue<Activity> ended = new();
    private readonly ActivityListener listener;

    public TracingTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DmIoTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
    }

    [Fact]
    public void A_request_is_a_span_with_a_child_for_each_region()
    {
        AttachQuick("left");
        AttachQuick("right");
        var lease = Open(pages: 1);
        var parent = NewParent();

        Do(lease, Write(Pattern(4, 1), new IoRegion("left", 8, 4), new IoRegion("right", 16, 2)) with
        {
            Parent = parent,
        });

        Activity[] spans = [.. Of(parent).OrderBy(span => span.DisplayName, StringComparer.Ordinal)];
        Assert.Equal(["dmio write", "dmio write left", "dmio write right"], spans.Select(span => span.DisplayName));
        Assert.Equal(parent.SpanId, spans[0].ParentSpanId);
        Assert.All(spans.Skip(1), span => Assert.Equal(spans[0].SpanId, span.ParentSpanId));
        Assert.All(spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
        Assert.Equal(("left", 8L, 4L), (spans[1].GetTagItem(DmIoMetrics.DeviceName),
            spans[1].GetTagItem(DmIoTracing.Sector), spans[1].GetTagItem(DmIoTracing.Count)));
        Assert.Equal(2, spans[0].GetTagItem(DmIoTracing.Regions));
    }

    [Fact]
    public void A_failed_region_and_its_request_have_the_reason()
    {
        AttachQuick("good");
        AttachQuick("bad").Automatic = _ => IoStatus.DeviceError("it is broken", errno: 5);
        var lease = Open(pages: 1);
        var parent = NewParent();

        Do(lease, Write(Pattern(1, 1), new IoRegion("good", 0, 1), new IoRegion("bad", 0, 1)) with { Parent = parent });

        var spans = Of(parent);
        Assert.Equal(
            [ActivityStatusCode.Unset, ActivityStatusCode.Error, ActivityStatusCode.Error],
            spans.OrderByDescending(span => span.DisplayName == "dmio write good").Select(span => span.Status));
        Assert.All(spans.Where(span => span.Status == ActivityStatusCode.Error), span =>
        {
            Assert.Equal("device_error", span.GetTagItem(DmIoMetrics.ErrorType));
            Assert.Contains("it is broken", span.StatusDescription, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_region_without_a_device_has_a_failed_span()
    {
        var lease = Open(pages: 1);
        var parent = NewParent();

        Do(lease, Write(Pattern(1, 1), new IoRegion("none", 0, 1)) with { Parent = parent });

        Assert.All(Of(parent), span => Assert.Equal("device_gone", span.GetTagItem(DmIoMetrics.ErrorType)));
        Assert.Equal(2, Of(parent).Length);
    }

    [Fact]
    public async Task A_timed_out_request_ends_its_spans_while_the_device_still_holds_it()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        var parent = NewParent();
        Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1)) with
        {
            Parent = parent,
            Deadline = TimeSpan.FromSeconds(1),
        });
        var call = await device.NextCallAsync();
        Clock.Advance(TimeSpan.FromSeconds(1));
        ExpectDone();

        call.Complete();
        WaitUntilQuiet(lease, "disk");

        var spans = Of(parent);
        Assert.Equal(2, spans.Length);
        Assert.All(spans, span => Assert.Equal("timed_out", span.GetTagItem(DmIoMetrics.ErrorType)));
    }

    [Fact]
    public void Each_request_has_its_own_spans_when_its_state_is_reused()
    {
        AttachQuick("disk");
        var lease = Open(pages: 4);
        var parents = Enumerable.Range(0, 200).Select(_ => NewParent()).ToArray();
        foreach (var parent in parents)
        {
            Send(lease, Write(Pattern(1, 1), new IoRegion("disk", 0, 1), new IoRegion("disk", 4, 1)) with
            {
                Parent = parent,
            });
        }

        ReceiveN(parents.Length);

        Assert.All(parents, parent =>
        {
            var spans = Of(parent);
            Assert.Equal(3, spans.Length);
            Assert.All(spans.Take(2), span => Assert.Equal(spans[2].SpanId, span.ParentSpanId));
            Assert.Equal(parent.SpanId, spans[2].ParentSpanId);
        });
    }

    [Fact]
    public async Task A_clients_request_is_a_child_of_the_callers_span()
    {
        await using var running = await new RunningService().WithMemoryAsync("disk");
        await using var client = await running.Service.OpenAsync(1).InTime();
        using var caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        await client.WriteAsync(new IoRegion("disk", 0, 1), new byte[512]).InTime();

        Assert.Same(caller, Activity.Current);
        Assert.Equal(2, Of(caller.Context).Length);
        Assert.Equal(caller.SpanId, Of(caller.Context)[1].ParentSpanId);
    }

    [Fact]
    public void A_request_without_a_parent_begins_a_trace_and_does_not_change_the_current_span()
    {
        using var current = new Activity("somebody else's").SetIdFormat(ActivityIdFormat.W3C).Start();
        var request = Write(Pattern(1, 1), new IoRegion("disk", 0, 1));

        var trace = RequestTrace.Begin(request, 1, default)!;
        Assert.Same(current, Activity.Current);
        trace.End(new IoResult(1));

        Assert.Same(current, Activity.Current);
        Assert.Empty(Of(current.Context));
    }

    protected override void AfterAll()
    {
        listener.Dispose();
        base.AfterAll();
    }

    private static ActivityContext NewParent() => new(
        ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    /// <summary>The spans of a trace, in the order of their ends.</summary>
    private Activity[] Of(ActivityContext parent) => [.. ended.Where(span => span.TraceId == parent.TraceId)];
}
