using Akka.Actor;

namespace DmIo.TestKit.Tests.Simulation;

/// <summary>A system with a race, for the tests of the runtime: two tellers read the balance of an account, and write a
/// new one.</summary>
internal static class Bank
{
    internal sealed record Read;

    internal sealed record Balance(int Amount);

    internal sealed record Add(int Amount);

    /// <summary>Replies with its balance, and accepts a new one.</summary>
    internal sealed class Account(List<string> trace) : UntypedActor
    {
        private int amount;

        protected override void OnReceive(object message)
        {
            trace.Add($"{message} from {Sender.Path.Name}");
            switch (message)
            {
                case Read:
                    Sender.Tell(new Balance(amount), Self);
                    break;
                case Balance written:
                    amount = written.Amount;
                    break;
                case Add added:
                    amount += added.Amount;
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }

    /// <summary>Pays in by a read and a write, between which another teller may run.</summary>
    internal sealed class RacingTeller(IActorRef account) : UntypedActor
    {
        protected override void PreStart() => account.Tell(new Read(), Self);

        protected override void OnReceive(object message)
        {
            if (message is Balance read)
            {
                account.Tell(new Balance(read.Amount + 1), Self);
            }
        }
    }

    /// <summary>Pays in with one message.</summary>
    internal sealed class CarefulTeller(IActorRef account) : UntypedActor
    {
        protected override void PreStart() => account.Tell(new Add(1), Self);

        protected override void OnReceive(object message) => Unhandled(message);
    }
}
