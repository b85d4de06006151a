// The kinds of filters: by level, by the exception of an error, of dead letters, and by a function.

using Akka.Event;

namespace Akka.TestKit;

internal sealed class LevelFilter(LogLevel level, StringMatcher message, StringMatcher source)
    : EventFilterBase(message, source)
{
    private protected override string Name => level.ToString().Replace("Level", "", StringComparison.Ordinal);

    private protected override bool IsMatch(LogEvent logEvent)
        => logEvent.LogLevel() == level
            && (MatchesTexts(logEvent.LogSource, logEvent.Message)
                || (logEvent is Error { Cause: { } cause } && MatchesTexts(logEvent.LogSource, cause.Message)));
}

/// <summary>Errors with a cause of the type, whose text or the error's text matches.</summary>
internal sealed class ExceptionFilter(
    Type exceptionType, StringMatcher message, StringMatcher source, bool checkInnerExceptions)
    : EventFilterBase(message, source)
{
    private protected override string Name => $"Error with Cause <{exceptionType}>";

    private protected override bool IsMatch(LogEvent logEvent)
        => logEvent is Error error && IsMatch(error, error.Cause);

    private bool IsMatch(Error error, Exception? cause)
        => cause is not null
            && ((exceptionType.IsInstanceOfType(cause)
                    && (MatchesTexts(error.LogSource, error.Message) || MatchesTexts(error.LogSource, cause.Message)))
                || (checkInnerExceptions && IsMatch(error, cause.InnerException)));
}

/// <summary>The listener presents a dead letter as a warning whose message is the letter.</summary>
internal sealed class DeadLettersFilter(Predicate<DeadLetter> isMatch, StringMatcher source)
    : EventFilterBase(StringMatcher.All, source)
{
    private protected override string Name => "DeadLetter";

    private protected override bool IsMatch(LogEvent logEvent)
        => logEvent is Warning { Message: DeadLetter letter }
            && isMatch(letter)
            && MatchesTexts(logEvent.LogSource, letter.Message);
}

internal sealed class CustomFilter(Predicate<LogEvent> isMatch) : EventFilterBase(StringMatcher.All, StringMatcher.All)
{
    private protected override string Name => "Custom";

    private protected override bool IsMatch(LogEvent logEvent) => isMatch(logEvent);
}
