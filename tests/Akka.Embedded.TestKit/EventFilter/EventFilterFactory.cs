// Where a test says which log events it means. A text is given whole, by its start, by a part or as a pattern.

using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>Makes filters of log events, and says what to do with them.</summary>
public sealed class EventFilterFactory
{
    private readonly TestKitBase _testKit;
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<EventFilterBase> _filters;

    internal EventFilterFactory(TestKitBase testKit, ActorSystem system, IReadOnlyList<EventFilterBase> filters)
    {
        _testKit = testKit;
        _system = system;
        _filters = filters;
    }

    public IEventFilterApplier Error(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        => ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);

    public IEventFilterApplier Error(Regex pattern, string? source = null)
        => ForLogLevel(LogLevel.ErrorLevel, pattern, source);

    public IEventFilterApplier Warning(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        => ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);

    public IEventFilterApplier Warning(Regex pattern, string? source = null)
        => ForLogLevel(LogLevel.WarningLevel, pattern, source);

    public IEventFilterApplier Info(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        => ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);

    public IEventFilterApplier Info(Regex pattern, string? source = null)
        => ForLogLevel(LogLevel.InfoLevel, pattern, source);

    public IEventFilterApplier Debug(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        => ForLogLevel(LogLevel.DebugLevel, message, start, contains, source);

    public IEventFilterApplier Debug(Regex pattern, string? source = null)
        => ForLogLevel(LogLevel.DebugLevel, pattern, source);

    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel,
        string? message = null,
        string? start = null,
        string? contains = null,
        string? source = null)
        => With(new LevelFilter(
            logLevel, StringMatcher.Of(message, start, contains), StringMatcher.OfSource(source)));

    public IEventFilterApplier ForLogLevel(LogLevel logLevel, Regex pattern, string? source = null)
        => With(new LevelFilter(logLevel, StringMatcher.Of(pattern), StringMatcher.OfSource(source)));

    /// <summary>Errors with a cause of the type, whose text or the error's text matches.</summary>
    public IEventFilterApplier Exception<TException>(
        string? message = null, string? start = null, string? contains = null, string? source = null)
        where TException : Exception
        => Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception<TException>(Regex pattern, string? source = null)
        where TException : Exception
        => Exception(typeof(TException), pattern, source);

    public IEventFilterApplier Exception(
        Type exceptionType,
        string? message = null,
        string? start = null,
        string? contains = null,
        string? source = null,
        bool checkInnerExceptions = false)
        => With(new ExceptionFilter(
            exceptionType,
            StringMatcher.Of(message, start, contains),
            StringMatcher.OfSource(source),
            checkInnerExceptions));

    public IEventFilterApplier Exception(
        Type exceptionType, Regex pattern, string? source = null, bool checkInnerExceptions = false)
        => With(new ExceptionFilter(
            exceptionType, StringMatcher.Of(pattern), StringMatcher.OfSource(source), checkInnerExceptions));

    public IEventFilterApplier DeadLetter() => DeadLetter(static _ => true, source: null);

    public IEventFilterApplier DeadLetter<TMessage>(string? source = null)
        => DeadLetter(static letter => letter.Message is TMessage, source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null)
        => DeadLetter(letter => letter.Message is TMessage message && isMatch(message), source);

    public IEventFilterApplier DeadLetter(Type type, string? source = null)
        => DeadLetter(letter => type.IsInstanceOfType(letter.Message), source);

    public IEventFilterApplier DeadLetter(Type type, Func<object, bool> isMatch, string? source = null)
        => DeadLetter(letter => type.IsInstanceOfType(letter.Message) && isMatch(letter.Message), source);

    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => With(new CustomFilter(predicate));

    public IEventFilterApplier Custom<TLogEvent>(Predicate<TLogEvent> predicate)
        where TLogEvent : LogEvent
        => Custom(logEvent => logEvent is TLogEvent typed && predicate(typed));

    private EventFilterApplier DeadLetter(Predicate<DeadLetter> isMatch, string? source)
        => With(new DeadLettersFilter(isMatch, StringMatcher.OfSource(source)));

    private EventFilterApplier With(EventFilterBase filter) => new(_testKit, _system, [.. _filters, filter]);
}
