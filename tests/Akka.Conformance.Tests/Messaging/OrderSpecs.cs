// Delivery: the order of one sender to one receiver holds; every message arrives exactly once; one at a time.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Xunit;

namespace Akka.Conformance.Tests.Messaging;

public sealed class OrderSpecs : Specification
{
    private const int Count = 2_000;

    [Fact]
    public void Messages_of_one_sender_arrive_in_the_order_sent()
    {
        var receiver = Start((_, message) => TestActor.Tell(message));
        for (var number = 0; number < Count; number++)
        {
            receiver.Tell(number);
        }

        Assert.Equal(Enumerable.Range(0, Count), Numbers(Count));
    }

    [Fact]
    public void The_order_of_each_sender_holds_while_others_send_too()
    {
        const int Senders = 4;
        var receiver = Start((_, message) => TestActor.Tell(message));
        for (var sender = 0; sender < Senders; sender++)
        {
            var first = sender * Count;
            var actor = Start((_, _) =>
            {
                for (var number = first; number < first + Count; number++)
                {
                    receiver.Tell(number);
                }
            });
            actor.Tell("go");
        }

        var numbers = Numbers(Senders * Count);
        for (var sender = 0; sender < Senders; sender++)
        {
            var first = sender * Count;
            Assert.Equal(Enumerable.Range(first, Count), numbers.Where(number => number / Count * Count == first));
        }
    }

    [Fact]
    public async Task An_actor_handles_one_message_at_a_time_and_sees_what_the_last_one_wrote()
    {
        const int Threads = 4;
        var inside = 0;
        var overlaps = 0;
        var handled = 0; // Plain on purpose: the runtime owes visibility between two messages.
        var actor = Start((context, message) =>
        {
            overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
            handled++;
            Interlocked.Decrement(ref inside);
            if (message is "result")
            {
                context.Sender.Tell((handled, overlaps));
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var number = 0; number < Count; number++)
            {
                actor.Tell(number, ActorRefs.NoSender);
            }
        })));
        actor.Tell("result", TestActor);
        await ExpectMsgAsync((Threads * Count + 1, 0));
    }

    [Fact]
    public void An_actor_may_tell_itself_and_the_message_waits_its_turn()
    {
        var seen = new List<int>();
        var actor = Start((context, message) =>
        {
            var number = (int)message;
            seen.Add(number);
            if (number == 1)
            {
                context.Self.Tell(3);
                seen.Add(0);
            }

            if (number == 3)
            {
                TestActor.Tell(string.Join(' ', seen));
            }
        });
        actor.Tell(1);
        ExpectMsg("1 0 3");
    }

    private List<int> Numbers(int count) => ReceiveN(count).Cast<int>().ToList();
}
