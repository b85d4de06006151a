// Ask: a task for the first reply, with a time limit, cancellation and failure as a reply.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Asking;

public sealed class AskSpecs : Specification
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task The_reply_completes_the_task()
        => Assert.Equal("hello", await StartEcho().Ask<string>("hello", Generous));

    [Fact]
    public async Task Without_a_type_the_reply_is_an_object()
        => Assert.Equal(42, await StartEcho().Ask(42, Generous));

    [Fact]
    public async Task Without_a_timeout_the_answer_is_awaited_as_long_as_it_takes()
        => Assert.Equal("hello", await StartEcho().Ask<string>("hello"));

    [Fact]
    public async Task No_reply_in_time_fails_the_task()
        => await Assert.ThrowsAsync<AskTimeoutException>(() => StartSilent().Ask<string>("hello", Short));

    [Fact]
    public async Task A_cancelled_token_cancels_the_task()
    {
        using var cancellation = new CancellationTokenSource();
        var asking = StartSilent().Ask<string>("hello", Generous, cancellation.Token);
        Assert.False(asking.IsCompleted);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_token_alone_needs_no_timeout()
    {
        using var cancellation = new CancellationTokenSource();
        Assert.Equal("hello", await StartEcho().Ask<string>("hello", cancellation.Token));
    }

    [Fact]
    public async Task Status_failure_fails_the_task_with_its_cause()
    {
        var failing = Start((context, _) => context.Sender.Tell(new Status.Failure(new TestFailureException("cause"))));
        var failure = await Assert.ThrowsAsync<TestFailureException>(() => failing.Ask<string>("hello", Generous));
        Assert.Equal("cause", failure.Message);
    }

    [Fact]
    public async Task Status_failure_asked_as_an_object_is_an_ordinary_reply()
    {
        var failing = Start((context, _) => context.Sender.Tell(new Status.Failure(new TestFailureException("cause"))));
        Assert.IsType<Status.Failure>(await failing.Ask("hello", Generous));
    }

    [Fact]
    public async Task A_reply_of_another_type_fails_the_task()
        => await Assert.ThrowsAsync<ArgumentException>(() => StartEcho().Ask<int>("a string", Generous));

    [Fact]
    public async Task Only_the_first_reply_counts_and_the_next_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        var twice = Start((context, _) =>
        {
            context.Sender.Tell("first");
            context.Sender.Tell("second");
        });
        Assert.Equal("first", await twice.Ask<string>("go", Generous));
        await ExpectMsgAsync<DeadLetter>(letter => Equals(letter.Message, "second"));
    }

    [Fact]
    public async Task A_reply_after_the_timeout_goes_to_dead_letters()
    {
        Sys.EventStream.Subscribe<DeadLetter>(TestActor);
        var asker = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = Start((context, _) => asker.SetResult(context.Sender));
        await Assert.ThrowsAsync<AskTimeoutException>(() => holding.Ask<string>("hello", Short));
        (await asker.Task).Tell("too late");
        await ExpectMsgAsync<DeadLetter>(letter => Equals(letter.Message, "too late"));
    }

    [Fact]
    public async Task Many_asks_at_a_time_get_each_its_own_reply()
    {
        var echo = StartEcho();
        var asks = Enumerable.Range(0, 1_000).Select(number => echo.Ask<int>(number, Generous)).ToList();
        Assert.Equal(Enumerable.Range(0, 1_000), await Task.WhenAll(asks));
    }

    [Fact]
    public async Task Asking_a_dead_actor_times_out()
    {
        var actor = StartEcho();
        Watch(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("hello", Short));
    }

    [Fact]
    public async Task An_ask_by_way_of_its_sender_ref_may_be_answered_by_another_actor()
    {
        var echo = StartEcho();
        var middle = Start((_, message) => echo.Forward(message));
        Assert.Equal("hello", await middle.Ask<string>("hello", Generous));
    }

    [Fact]
    public async Task The_message_may_be_made_with_the_ref_to_answer()
    {
        var answering = Start((_, message) => ((IActorRef)message).Tell("to the ref in the message"));
        var reply = await answering.Ask<string>(replyTo => replyTo, Generous, CancellationToken.None);
        Assert.Equal("to the ref in the message", reply);
    }

    private IActorRef StartSilent() => Start(static (_, _) => { });
}
