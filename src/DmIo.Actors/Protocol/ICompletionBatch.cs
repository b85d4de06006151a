namespace DmIo.Actors;

/// <summary>
/// What the outcomes of one turn of a request actor lead to, gathered: replies that leave together, for example. Named
/// by <see cref="IIoCompletion.Batch"/>.
/// </summary>
/// <remarks>Both members are called on the request actor's turn, in pairs, and must neither block nor throw. Outcomes
/// come one by one in between.</remarks>
public interface ICompletionBatch
{
    /// <summary>An outcome is about to come, perhaps the first of many.</summary>
    void Begin();

    /// <summary>That was the last of this turn.</summary>
    /// <param name="isOnly">No other batch had an outcome in this turn: there is nobody to be held up by a little
    /// work.</param>
    void End(bool isOnly);
}
