namespace Stint.Server.Tests.Harness;

/// <summary>Waits for a condition with a deadline that a loaded machine keeps as well.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string>? what = null)
    {
        var until = DateTime.UtcNow + Deadline;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, what?.Invoke() ?? "the condition did not come true in time");
            await Task.Delay(10);
        }
    }

    public static Task TrueAsync(Func<bool> condition, Func<string>? what = null) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task<T> InTimeAsync<T>(this Task<T> task) => await task.WaitAsync(Deadline);
    public static async Task InTimeAsync(this Task task) => await task.WaitAsync(Deadline);
}
