// Dead letters and unhandled messages in the log.

using Akka.Actor;
using Akka.Conformance.Tests.Fixtures;
using Akka.Event;
using Xunit;

namespace Akka.Conformance.Tests.Logging;

public abstract class DeadLetterLogging : Specification
{
    protected DeadLetterLogging(string configuration)
        : base(configuration + "\nakka.loglevel = DEBUG")
    {
        Sys.EventStream.Subscribe<Info>(TestActor);
        Sys.EventStream.Subscribe<Debug>(TestActor);
    }

    /// <summary>Waits until the listener that does the logging has subscribed to dead letters.</summary>
    protected void AwaitListener()
    {
        Sys.ActorSelection("/system/deadLetterListener").Tell(new Identify("listener"), TestActor);
        Assert.NotNull(FishForMessage<ActorIdentity>(_ => true).Subject);
    }

    protected sealed record Letter(int Number);

    protected sealed record Unimportant : IDeadLetterSuppression;

    protected void Lose(object message) => Sys.DeadLetters.Tell(message);

    /// <summary>The next line of the log that is about a dead letter.</summary>
    protected string NextLine() => FishForMessage<Info>(IsAboutLetters).Message.ToString()!;

    private static bool IsAboutLetters(Info logged) =>
        $"{logged.Message}".Contains("dead letters encountered", StringComparison.Ordinal);
}

public sealed class AllDeadLettersLoggingSpecs() : DeadLetterLogging("akka.log-dead-letters = on")
{
    [Fact]
    public void Every_dead_letter_is_logged_with_its_number_and_content()
    {
        AwaitListener();
        for (var number = 1; number <= 15; number++)
        {
            Lose(new Letter(number));
            var line = NextLine();

            Assert.Contains("Message [Letter]", line, StringComparison.Ordinal);
            Assert.Contains("was not delivered", line, StringComparison.Ordinal);
            Assert.Contains($"[{number}] dead letters encountered", line, StringComparison.Ordinal);
            Assert.Contains($"Number = {number}", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_unhandled_message_counts_too()
    {
        AwaitListener();
        Start((context, message) => context.System.EventStream.Publish(
            new UnhandledMessage(message, context.Sender, context.Self))).Tell(new Letter(1));

        Assert.Contains("was unhandled", NextLine(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_asks_not_to_be_logged_is_not()
    {
        AwaitListener();
        Lose(new Unimportant());
        Lose(new Letter(1));

        Assert.Contains("[1] dead letters encountered", NextLine(), StringComparison.Ordinal);
    }
}

public sealed class SomeDeadLettersLoggingSpecs()
    : DeadLetterLogging("akka.log-dead-letters = 2\nakka.log-dead-letters-suspend-duration = infinite")
{
    [Fact]
    public void So_many_dead_letters_are_logged_and_the_last_says_so()
    {
        AwaitListener();
        Lose(new Letter(1));
        Lose(new Letter(2));
        Lose(new Letter(3));

        Assert.DoesNotContain("no more dead letters", NextLine(), StringComparison.Ordinal);
        Assert.Contains("no more dead letters will be logged", NextLine(), StringComparison.Ordinal);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }
}

public sealed class NoDeadLettersLoggingSpecs() : DeadLetterLogging("akka.log-dead-letters = off")
{
    [Fact]
    public void No_dead_letter_is_logged()
    {
        Lose(new Letter(1));

        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }
}

public sealed class UnhandledLoggingSpecs()
    : DeadLetterLogging("akka.actor.debug.unhandled = on\nakka.log-dead-letters = off")
{
    [Fact]
    public void An_unhandled_message_is_logged_at_the_level_debug()
    {
        var deaf = Sys.ActorOf(Props.Create<Deaf>(), "deaf");
        deaf.Tell(new Letter(1));

        var logged = FishForMessage<Debug>(
            debug => $"{debug.Message}".StartsWith("Unhandled message", StringComparison.Ordinal));
        Assert.Equal(deaf.Path.ToString(), logged.LogSource);
        Assert.Contains("Letter { Number = 1 }", $"{logged.Message}", StringComparison.Ordinal);
    }

    private sealed class Deaf : ReceiveActor;
}
