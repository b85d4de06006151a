// Children that are made, answer one message and are stopped, 32 at a time: what an actor costs. Per actor.

using Akka.Actor;
using BenchmarkDotNet.Attributes;

namespace DmIo.Benchmarks.Runtime;

[MemoryDiagnoser]
public class SpawnAndReply
{
    private const int Actors = 100_000;
    private const int AtATime = 32;

    private ActorSystem _system = null!;
    private IActorRef _parent = null!;

    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create("benchmark");
        _parent = _system.ActorOf(Props.Create(() => new Parent()));
    }

    [GlobalCleanup]
    public Task Cleanup() => _system.Terminate();

    [Benchmark(OperationsPerInvoke = Actors)]
    public Task ChildThatAnswersOnce() => _parent.Ask<string>("begin");

    private sealed class Child : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }

    private sealed class Parent : UntypedActor
    {
        private static readonly Props Recipe = Props.Create(() => new Child());
        private static readonly object Question = new();

        private IActorRef _client = ActorRefs.Nobody;
        private int _toMake;
        private int _toAnswer;

        protected override void OnReceive(object message)
        {
            if (ReferenceEquals(message, Question))
            {
                Answered();
                return;
            }

            _client = Sender;
            _toMake = _toAnswer = Actors;
            for (var i = 0; i < AtATime; i++)
            {
                Make();
            }
        }

        private void Answered()
        {
            Context.Stop(Sender);
            if (--_toAnswer == 0)
            {
                _client.Tell("done", Self);
            }
            else if (_toMake > 0)
            {
                Make();
            }
        }

        private void Make()
        {
            _toMake--;
            Context.ActorOf(Recipe).Tell(Question, Self);
        }
    }
}
