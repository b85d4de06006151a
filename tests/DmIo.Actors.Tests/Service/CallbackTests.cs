using Akka.Actor;
using DmIo.Actors.Tests.Fixtures;
using DmIo.Io;
using Xunit;
using static DmIo.Actors.Protocol.IoProtocol;
using static DmIo.Actors.Protocol.ServiceProtocol;

namespace DmIo.Actors.Tests.Service;

/// <summary>R10 and R11: actions of callers during a request and within its outcome.</summary>
public sealed class CallbackTests : ServiceTests
{
    [Fact]
    public async Task R10_a_canceled_caller_neither_withdraws_its_io_nor_frees_its_pages()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        using var cancellation = new CancellationTokenSource();
        var answer = lease.Requests.Ask<IoDone>(
            Write(Pattern(8, 1), new IoRegion("disk", 0, 8)), cancellation.Token);
        var call = await device.NextCallAsync();
        Send(lease, Write(Pattern(8, 2), new IoRegion("disk", 8, 8)));

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        WaitUntilQuiet(lease, "disk");
        Assert.Equal([call], device.Pending);
        call.Complete();
        (await device.NextCallAsync()).Complete();
        Assert.True(ExpectDone().IsOk);
        Assert.Equal(Pattern(8, 1), device.Bytes(0, 8).ToArray());
    }

    [Fact]
    public async Task R11_the_credit_is_free_and_the_next_request_is_dispatched_when_the_callback_runs()
    {
        var device = Attach("disk");
        var lease = Open(pages: 1);
        var next = Write(Pattern(8, 2), new IoRegion("disk", 8, 8));
        var isOnItsWay = false;
        var completion = new Completion(_ =>
        {
            WaitUntilHandled(DeviceActor("disk"));
            isOnItsWay = device.HasNextCall;
        });
        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Completion = completion });
        Send(lease, next);
        var first = await device.NextCallAsync();

        first.Complete();

        await completion.Task;
        Assert.True(isOnItsWay);
        (await device.NextCallAsync()).Complete();
        Assert.True(ExpectDone().IsOk);
    }

    [Fact]
    public async Task R11_a_callback_may_put_the_lease()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        var completion = new Completion(_ => Supervisor.Tell(new Put(lease.Lease.Id, 1), TestActor));

        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Completion = completion });

        ExpectMsg<PutDone>();
        Assert.True((await completion.Task).IsOk);
    }

    [Fact]
    public async Task R11_a_callback_may_detach_the_device()
    {
        var device = AttachQuick("disk");
        var lease = Open(pages: 1);
        var completion = new Completion(_ => Supervisor.Tell(new DetachDevice("disk"), TestActor));

        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Completion = completion });

        ExpectMsg<DeviceDetached>();
        Assert.True((await completion.Task).IsOk && device.IsClosed);
    }

    [Fact]
    public async Task R11_a_callback_may_terminate_the_system()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        var completion = new Completion(result => _ = Sys.Terminate());

        Send(lease, Write(Pattern(8, 1), new IoRegion("disk", 0, 8)) with { Completion = completion });

        Assert.True((await completion.Task).IsOk);
        await Sys.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void The_outcome_goes_to_the_callback_actor_with_the_context()
    {
        AttachQuick("disk");
        var lease = Open(pages: 1);
        var callback = CreateTestProbe();
        var context = new object();

        var write = Write(Pattern(1, 1), new IoRegion("disk", 0, 1));
        Send(lease, write with { ReplyTo = callback.Ref, Context = context });
        Send(lease, Read(Pattern(1, 1)) with { ReplyTo = callback.Ref, Context = context });

        var answers = callback.ReceiveN(2);
        Assert.Same(context, Assert.Single(answers.OfType<IoDone>()).Result.Context);
        Assert.Same(context, Assert.Single(answers.OfType<IoRefused>()).Context);
        Assert.False(HasMessages);
    }
}
