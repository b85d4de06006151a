// A receive actor tries its handlers in the order in which they were declared.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Behaviours;

public sealed class ReceiveActorSpecs : Specification
{
    private readonly IActorRef _ordered;

    public ReceiveActorSpecs() => _ordered = Sys.ActorOf<Ordered>();

    [Fact]
    public void The_first_handler_whose_predicate_holds_gets_the_message()
    {
        _ordered.Tell("aa");
        ExpectMsg("starts with a: aa");
        _ordered.Tell("ba");
        ExpectMsg("ends with a: ba");
        _ordered.Tell("b");
        ExpectMsg("any string: b");
    }

    [Fact]
    public void The_predicate_may_come_before_or_after_the_handler()
    {
        _ordered.Tell(1);
        ExpectMsg("odd: 1");
        _ordered.Tell(2);
        ExpectMsg("even: 2");
    }

    [Fact]
    public void A_handler_that_returns_false_passes_the_message_on()
    {
        _ordered.Tell(2.5);
        ExpectMsg("small: 2.5");
        _ordered.Tell(25.0);
        ExpectMsg("anything: 25");
    }

    [Fact]
    public void A_handler_of_a_base_type_gets_derived_messages()
    {
        _ordered.Tell(new ObjectDisposedException("it"));
        ExpectMsg("invalid");
    }

    [Fact]
    public void What_no_typed_handler_takes_goes_to_ReceiveAny()
    {
        _ordered.Tell('c');
        ExpectMsg("anything: c");
    }

    [Fact]
    public void Become_swaps_all_handlers()
    {
        var actor = Sys.ActorOf<Switching>();
        actor.Tell("on");
        ExpectMsg("switched on");
        actor.Tell(5);
        ExpectMsg("number 5");
        actor.Tell("off");
        ExpectMsg("switched off");
        actor.Tell("on");
        ExpectMsg("switched on");
    }

    [Fact]
    public void A_handler_after_one_that_takes_everything_is_refused()
    {
        var refused = new TaskCompletionSource<bool>();
        Sys.ActorOf(Props.Create(() => new Unreachable(refused)));
        AwaitCondition(() => refused.Task.IsCompleted, TimeSpan.FromSeconds(10));
        Assert.True(refused.Task.IsCompletedSuccessfully);
    }

    private sealed class Ordered : ReceiveActor
    {
        public Ordered()
        {
            Receive<string>(
                text => text.StartsWith('a'), text => Sender.Tell($"starts with a: {text}"));
            Receive<string>(text => Sender.Tell($"ends with a: {text}"), text => text.EndsWith('a'));
            Receive<string>(text => Sender.Tell($"any string: {text}"));
            Receive<int>(number => Sender.Tell($"odd: {number}"), number => number % 2 == 1);
            Receive<int>(number => number % 2 == 0, number => Sender.Tell($"even: {number}"));
            Receive<double>(number =>
            {
                if (number > 10)
                {
                    return false;
                }

                Sender.Tell(FormattableString.Invariant($"small: {number}"));
                return true;
            });
            Receive<InvalidOperationException>(_ => Sender.Tell("invalid"));
            ReceiveAny(message => Sender.Tell($"anything: {message}"));
        }
    }

    private sealed class Switching : ReceiveActor
    {
        public Switching() => Off();

        private void Off() => Receive<string>(text => text == "on", _ =>
        {
            Become(On);
            Sender.Tell("switched on");
        });

        private void On()
        {
            Receive<int>(number => Sender.Tell($"number {number}"));
            Receive<string>(text => text == "off", _ =>
            {
                Become(Off);
                Sender.Tell("switched off");
            });
        }
    }

    private sealed class Unreachable : ReceiveActor
    {
        public Unreachable(TaskCompletionSource<bool> refused)
        {
            ReceiveAny(_ => { });
            try
            {
                Receive<string>(_ => { });
                refused.SetCanceled();
            }
            catch (InvalidOperationException)
            {
                refused.SetResult(true);
            }
        }
    }
}
