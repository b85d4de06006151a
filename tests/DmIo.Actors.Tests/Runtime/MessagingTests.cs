using Akka.Actor;
using Akka.TestKit.Xunit2;
using Xunit;

namespace DmIo.Actors.Tests.Runtime;

/// <summary>Behavior of Akka.NET's messages, Ask and death watch that the product depends on and that an upgrade could
/// change.</summary>
public sealed class MessagingTests : TestKit
{
    private const int Many = 1000;

    /// <summary>IoClient: its CloseClient follows the last request of each thread. DeviceActor: overlapping operations
    /// of one lease arrive in order (R20).</summary>
    [Fact]
    public void Messages_of_one_sender_arrive_in_sending_order()
    {
        var receiver = Sys.ActorOf(ScriptedActor.Props((_, message) => TestActor.Tell(message)));

        System.Threading.Tasks.Parallel.For(0, 4, sender =>
        {
            for (var number = 0; number < Many; number++)
            {
                receiver.Tell((sender, number), ActorRefs.NoSender);
            }
        });

        var received = ReceiveN(4 * Many, Patience.Limit).Cast<(int Sender, int Number)>();
        Assert.All(
            received.GroupBy(message => message.Sender),
            sent => Assert.Equal(Enumerable.Range(0, Many), sent.Select(message => message.Number)));
    }

    /// <summary>RequestActor: the answers that a device actor sent before it died are handled before DeviceDied.
    /// LeaseRegistry and DeviceRegistry likewise.</summary>
    [Fact]
    public void Terminated_arrives_after_all_messages_of_the_watched_actor()
    {
        var dying = Sys.ActorOf(ScriptedActor.Props((context, _) =>
        {
            for (var number = 0; number < Many; number++)
            {
                TestActor.Tell(number, context.Self);
            }

            context.Stop(context.Self);
        }));
        Watch(dying);

        dying.Tell("die");

        Assert.Equal(Enumerable.Range(0, Many).Cast<object>(), ReceiveN(Many, Patience.Limit));
        ExpectTerminated(dying, Patience.Limit);
    }

    /// <summary>OwnerWatch: the owner of a lease may be dead when it is watched. SupervisorWatch likewise.</summary>
    [Fact]
    public void A_watcher_of_a_dead_actor_gets_Terminated()
    {
        var dead = Sys.ActorOf(ScriptedActor.Props((context, _) => context.Stop(context.Self)));
        Watch(dead);
        dead.Tell("die");
        ExpectTerminated(dead, Patience.Limit);

        Watch(dead);

        ExpectTerminated(dead, Patience.Limit);
    }

    /// <summary>ClientActor, RequestActor and DeviceActor stop themselves with messages in their mailboxes.</summary>
    [Fact]
    public void An_actor_that_stopped_itself_receives_no_more_messages()
    {
        var received = 0;
        var actor = Sys.ActorOf(ScriptedActor.Props((context, _) =>
        {
            received++;
            context.Self.Tell("behind");
            context.Stop(context.Self);
        }));
        Watch(actor);

        actor.Tell("first");
        actor.Tell("second");

        ExpectTerminated(actor, Patience.Limit);
        Assert.Equal(1, received);
    }

    /// <summary>DmIoService and NbdServer ask without a time limit, and cancel when the actor that would answer has
    /// ended.</summary>
    [Fact]
    public async Task An_Ask_without_a_time_limit_ends_with_its_token()
    {
        var silent = Sys.ActorOf(ScriptedActor.Props((_, _) => { }));
        using var giveUp = new CancellationTokenSource();
        var reply = silent.Ask<object>("question", Timeout.InfiniteTimeSpan, giveUp.Token);
        Assert.False(reply.IsCompleted);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply.InTime());
    }

    /// <summary>The actor in src/DmIo.Actors/README.md reports a failure to a sender that may have used Ask.</summary>
    [Fact]
    public async Task Status_Failure_makes_an_Ask_throw_its_cause()
    {
        var cause = new InvalidOperationException("no");
        var failing = Sys.ActorOf(
            ScriptedActor.Props((context, _) => context.Sender.Tell(new Status.Failure(cause))));

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => failing.Ask<string>("question").InTime());

        Assert.Contains(cause, new[] { thrown, thrown.InnerException });
    }

    /// <summary>OrphanedDevice and UnservedDevice close a device and tell the result from a task; DeviceClosing never
    /// fails, since a failure would come as another message.</summary>
    [Fact]
    public void PipeTo_sends_the_result_or_Status_Failure()
    {
        var cause = new InvalidOperationException("no");

        _ = Task.FromResult("closed").PipeTo(TestActor, ActorRefs.NoSender);
        ExpectMsg("closed", Patience.Limit);
        _ = Task.FromException<string>(cause).PipeTo(TestActor, ActorRefs.NoSender);

        Assert.Same(cause, ExpectMsg<Status.Failure>(Patience.Limit).Cause);
    }

    /// <summary>DeviceRegistry: a device that is attached again under its name has an actor of the same name.</summary>
    [Fact]
    public void The_name_of_a_child_is_free_when_its_parent_gets_Terminated()
    {
        var child = ScriptedActor.Props((context, _) => context.Stop(context.Self));
        Sys.ActorOf(ScriptedActor.Props((context, message) =>
        {
            var next = context.Watch(context.ActorOf(child, "disk"));
            next.Tell("die");
            TestActor.Tell(message is Terminated ? "again" : "first");
        })).Tell("begin");

        ExpectMsg("first", Patience.Limit);
        ExpectMsg("again", Patience.Limit);
        ExpectMsg("again", Patience.Limit);
    }

    /// <summary>DmIoService: an application's own /user/dmio is a fault of the start that has this type.</summary>
    [Fact]
    public void A_taken_name_throws_InvalidActorNameException()
    {
        Sys.ActorOf(ScriptedActor.Props((_, _) => { }), "dmio");

        Assert.Throws<InvalidActorNameException>(() => Sys.ActorOf(ScriptedActor.Props((_, _) => { }), "dmio"));
    }
}
