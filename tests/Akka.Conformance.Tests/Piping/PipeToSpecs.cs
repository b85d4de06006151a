// PipeTo: the outcome of a task becomes a message.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Piping;

public sealed class PipeToSpecs : Specification
{
    private readonly TaskCompletionSource<int> _task = new();

    [Fact]
    public void The_result_is_told()
    {
        _ = _task.Task.PipeTo(TestActor);
        _task.SetResult(7);
        ExpectMsg(7);
    }

    [Fact]
    public void A_failure_is_told_as_Status_Failure()
    {
        _ = _task.Task.PipeTo(TestActor);
        _task.SetException(new TestFailureException("piped"));
        ExpectMsg<Status.Failure>(failure => Assert.Equal("piped", failure.Cause.Message));
    }

    [Fact]
    public void A_cancellation_is_told_as_Status_Failure()
    {
        _ = _task.Task.PipeTo(TestActor);
        _task.SetCanceled();
        ExpectMsg<Status.Failure>(failure => Assert.IsAssignableFrom<OperationCanceledException>(failure.Cause));
    }

    [Fact]
    public void Success_may_be_mapped()
    {
        _ = _task.Task.PipeTo(TestActor, success: number => $"mapped {number}");
        _task.SetResult(7);
        ExpectMsg("mapped 7");
    }

    [Fact]
    public void Failure_may_be_mapped()
    {
        _ = _task.Task.PipeTo(TestActor, failure: exception => $"mapped {exception.Message}");
        _task.SetException(new TestFailureException("cause"));
        ExpectMsg("mapped cause");
    }

    [Fact]
    public void The_sender_may_be_given()
    {
        var probe = CreateTestProbe();
        _ = _task.Task.PipeTo(TestActor, probe.Ref);
        _task.SetResult(7);
        ExpectMsg(7);
        Assert.Equal(probe.Ref, LastSender);
    }

    [Fact]
    public void A_task_without_a_result_tells_only_what_is_mapped()
    {
        var plain = new TaskCompletionSource();
        _ = plain.Task.PipeTo(TestActor, success: () => "done");
        _ = plain.Task.PipeTo(TestActor);
        plain.SetResult();
        ExpectMsg("done");
        ExpectNoMsg(30);
    }

    [Fact]
    public void A_task_without_a_result_tells_its_failure()
    {
        _ = Task.FromException(new TestFailureException("plain")).PipeTo(TestActor);
        ExpectMsg<Status.Failure>(failure => Assert.Equal("plain", failure.Cause.Message));
    }

    [Fact]
    public void An_actor_may_pipe_to_itself_and_keeps_its_thread_of_control()
    {
        var actor = Start((context, message) =>
        {
            switch (message)
            {
                case "start":
                    var requester = context.Sender;
                    _ = _task.Task.PipeTo(context.Self, success: number => (number, requester));
                    break;
                case (int number, IActorRef answerTo):
                    answerTo.Tell(number + 1);
                    break;
            }
        });
        actor.Tell("start");
        _task.SetResult(1);
        ExpectMsg(2);
    }
}
