using System.Reflection;
using System.Runtime.CompilerServices;
using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Nbd.Server;
using DmIo.TestKit.Simulation;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>
/// A public constructor or method with parameters of a public assembly. Left out: members that the compiler generates
/// for records, and constructors of records, whose values are validated by the member that accepts the record.
/// </summary>
internal sealed class PublicEntry(MethodBase method)
{
    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static IReadOnlyList<PublicEntry> All { get; } =
    [
        .. new[] { typeof(IoRegion), typeof(DmIoService), typeof(NbdServer), typeof(SimulatedDevice) }
            .SelectMany(known => known.Assembly.GetExportedTypes())
            .Where(type => !type.IsInterface && !type.IsEnum && !typeof(Delegate).IsAssignableFrom(type))
            .SelectMany(type => type.GetMethods(Own).Select(Closed).Concat(type.GetConstructors(Own)))
            .Where(IsOurs)
            .Select(found => new PublicEntry(found)),
    ];

    internal MethodBase Method => method;

    /// <summary>Type.Method(parameter types).</summary>
    internal string Name => $"{method.DeclaringType!.Name}.{(method.IsConstructor ? "new" : method.Name)}"
        + $"({string.Join(", ", method.GetParameters().Select(one => one.ParameterType.Name))})";

    public override string ToString() => Name;

    /// <summary>Calls the member and waits for its completion: returns its exception, or null.</summary>
    internal async Task<Exception?> CallAsync(object? instance, object?[] arguments)
    {
        try
        {
            var result = method is ConstructorInfo constructor
                ? constructor.Invoke(arguments)
                : method.Invoke(instance, arguments);
            await EndOfAsync(result);
            return null;
        }
        catch (TargetInvocationException fault)
        {
            return fault.InnerException;
        }
        catch (Exception fault)
        {
            return fault;
        }
    }

    /// <summary>Closes the result.</summary>
    private static async Task EndOfAsync(object? result)
    {
        switch (result)
        {
            case Task task:
                await task.WaitAsync(TimeSpan.FromSeconds(60));
                result = task.GetType().GetProperty("Result")?.GetValue(task);
                break;
            case ValueTask task:
                await task.AsTask().WaitAsync(TimeSpan.FromSeconds(60));
                break;
            case not null when result.GetType() is { IsGenericType: true } type
                && type.GetGenericTypeDefinition() == typeof(ValueTask<>):
                await (Task)type.GetMethod("AsTask")!.Invoke(result, null)!;
                break;
        }

        switch (result)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    /// <summary>Closes a generic method over object.</summary>
    private static MethodBase Closed(MethodInfo method) => method.ContainsGenericParameters
        ? method.MakeGenericMethod([.. method.GetGenericArguments().Select(_ => typeof(object))])
        : method;

    private static bool IsOurs(MethodBase method)
    {
        var type = method.DeclaringType!;
        var isRecord = type.GetMethod("<Clone>$") is not null
            || type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null;
        return method.GetParameters().Length > 0
            && !method.IsDefined(typeof(CompilerGeneratedAttribute))
            && !(isRecord && (method.IsConstructor || method.Name is "Deconstruct" or "Equals"))
            && method is not MethodInfo { IsSpecialName: true, Name: not ("op_Implicit" or "get_Item") }
            && !(method is MethodInfo overriding && overriding.GetBaseDefinition().DeclaringType is var root
                && root is not null && (root == typeof(object) || root == typeof(ActorBase)));
    }
}
