// What a message costs on the embedded runtime, and that a stashed or awaited one survives the reuse of its node.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Embedded;

[Collection(nameof(Stress.StressSpecs))]
public sealed class LetterSpecs : Specification
{
    private const int Messages = 50_000;

    [Fact]
    public void A_message_costs_no_memory_between_actors_that_answer_each_other()
    {
        Play();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Play();
        var perMessage = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Messages;

        // A node is 48 bytes; what is left is the test's own, and nodes that ended on the other thread.
        Assert.InRange(perMessage, 0, 8);
    }

    [Fact]
    public void Stashed_messages_come_back_though_thousands_came_between()
    {
        var actor = Sys.ActorOf(Props.Create(() => new Patient(TestActor)));
        foreach (var index in Enumerable.Range(0, 100))
        {
            actor.Tell($"kept {index}");
        }

        foreach (var index in Enumerable.Range(0, Messages))
        {
            actor.Tell(index);
        }

        actor.Tell(Patient.Open);

        Assert.Equal(
            Enumerable.Range(0, 100).Select(index => $"kept {index}"),
            ReceiveN(100, TimeSpan.FromSeconds(60)).Cast<string>());
    }

    private void Play()
    {
        var other = StartEcho();
        var player = Start((context, message) =>
        {
            if (message is int left)
            {
                (left == 0 ? TestActor : other).Tell(left == 0 ? Done : Ball, context.Self);
                context.Become(again =>
                {
                    left--;
                    (left == 0 ? TestActor : other).Tell(left == 0 ? Done : Ball, context.Self);
                });
            }
        });
        player.Tell(Messages / 2);
        ExpectMsg(Done, TimeSpan.FromSeconds(60));
        Sys.Stop(player);
        Sys.Stop(other);
    }

    private static readonly object Ball = "ball";
    private static readonly string Done = "done";

    private sealed class Patient(IActorRef report) : UntypedActor, IWithUnboundedStash
    {
        internal static readonly object Open = new();

        public IStash Stash { get; set; } = null!; // set by the runtime

        protected override void OnReceive(object message)
        {
            if (message is string)
            {
                Stash.Stash();
            }
            else if (ReferenceEquals(message, Open))
            {
                Become(kept => report.Tell(kept));
                Stash.UnstashAll();
            }
        }
    }
}
