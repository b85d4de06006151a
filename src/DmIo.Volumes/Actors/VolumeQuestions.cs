namespace DmIo.Volumes.Actors;

/// <summary>Questions to a volume, from any thread.</summary>
internal static class VolumeQuestions
{
    /// <summary>Asks a question that is answered on a turn.</summary>
    /// <exception cref="VolumeException">The question threw it.</exception>
    internal static Task<T> AskAsync<T>(this VolumeDevice device, Func<VolumeDevice, T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Post(volume =>
        {
            try
            {
                answer.SetResult(question(volume));
            }
            catch (VolumeException fault)
            {
                answer.SetException(fault);
            }
        });
        return answer.Task;
    }
}
